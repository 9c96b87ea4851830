// A board: node listener.mjs ADDRESS TOKEN [SINCE]. Prints a JSON line for all that happens; the line `drop` on its
// input cuts the connection as a bad network does, and like a board it comes back with the last event that it heard.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const [address, token, since] = process.argv.slice(2);
let last = since === undefined ? undefined : Number(since);

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const socket = io(address, {
  transports: ["websocket"],
  reconnectionDelay: 50,
  reconnectionDelayMax: 200,
  auth: (answer) => answer({ token, since: last }),
});

socket.on("connect", () => say({ is: "connected" }));
socket.on("disconnect", (reason) => say({ is: "disconnected", reason }));
socket.on("connect_error", (error) => {
  if (!socket.active) say({ is: "refused", message: error.message, data: error.data });
});
socket.onAny((kind, payload) => {
  last = payload.eventId;
  say({ is: "told", kind, payload });
});
createInterface({ input: process.stdin })
  .on("line", () => socket.io.engine.close())
  .on("close", () => process.exit());
