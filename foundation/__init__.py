"""Foundation: errors, outbound HTTP, processes, redaction."""
