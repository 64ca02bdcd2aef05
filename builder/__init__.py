"""The Analytics Toolbox Gateway: Python functions for Amazon Redshift, one container image per module."""

__version__ = "0.1.0"
