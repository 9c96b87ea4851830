"""Every socket the system opens is opened here: database, Temporal, embedded servers, settings, encryption."""
