"""Figures of ingest runs and compactions as CloudWatch metrics, in its embedded metric format."""
