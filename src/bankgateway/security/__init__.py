"""Certificates, TLS, OAuth, redaction."""
