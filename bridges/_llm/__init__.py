"""Everything that knows pydantic-ai and the providers' SDKs; nothing else imports them."""
