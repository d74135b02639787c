"""The daemon of a worker environment: messages of a queue become requests to the application."""
