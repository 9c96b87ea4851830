FROM python:3.11-slim AS packages
COPY requirements.lock .
RUN python -m venv /packages \
    && /packages/bin/pip install --no-cache-dir --only-binary :all: --require-hashes --requirement requirements.lock

FROM python:3.11-slim
ENV PATH=/packages/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
RUN useradd --system --uid 10001 --no-create-home njia
COPY --from=packages /packages /packages
WORKDIR /njia
COPY . .
USER njia
EXPOSE 8000
# The clinic's command line is process 1, so that it hears when it is told to stop.
ENTRYPOINT ["python", "njia.py"]
CMD ["api"]
