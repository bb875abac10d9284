"""One folder a bank. Nothing is imported until a bank is used."""
