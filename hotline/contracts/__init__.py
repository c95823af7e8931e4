"""Generates what others program against: messages, OpenAPI, AsyncAPI and golden bytes."""
