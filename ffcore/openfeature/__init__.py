"""OpenFeature: ffcore as a provider for openfeature-sdk (the extra ``openfeature``)."""

from .provider import Provider

__all__ = ["Provider"]
