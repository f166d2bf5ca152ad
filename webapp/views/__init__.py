"""The web pages and their fragments."""
