"""The quirks of SuiteCRM and PHP as pure functions: formats, hashes and arithmetic to agree on to the byte."""
