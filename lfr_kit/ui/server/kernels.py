"""The notebooks' kernels: without the store's key, each its visitor's own, and ended when nobody uses it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from jupyter_server import CallContext
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from lfr_kit.ui.server.visitor import state_of, visitor_of

__all__ = ["DashboardKernelManager", "kernel_environment"]

_SECRET = ("LFR_", "PG", "JUPYTER_TOKEN", "JPY_API_TOKEN", "JUPYTERHUB_", "AWS_", "AZURE_", "GOOGLE_")
"""Begins what a kernel is not told: key, store, settings, passwords of databases, tokens."""
_SECRET_WORDS = ("SECRET", "PASSWORD", "TOKEN", "CREDENTIAL", "PRIVATE_KEY")


def kernel_environment(given: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a kernel is told.

    >>> kernel_environment({"PATH": "/bin", "LFR_MASTER_KEY": "k", "MY_PASSWORD": "p"})
    {'PATH': '/bin'}
    """
    return {name: value for name, value in given.items() if not _is_secret(name.upper())}


def _is_secret(name: str) -> bool:
    return name.startswith(_SECRET) or any(word in name for word in _SECRET_WORDS)


class DashboardKernelManager(AsyncMappingKernelManager):
    """Starts kernels for the page that is being opened."""

    async def _async_start_kernel(self, **kwargs: Any) -> str:
        kwargs["env"] = kernel_environment(kwargs.get("env") or os.environ)
        kernel_id: str = await super()._async_start_kernel(**kwargs)
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
        visitor = None if handler is None else await visitor_of(handler)
        if handler is not None and visitor is not None:
            state_of(handler).kernels[kernel_id] = visitor.user_id
        return kernel_id

    start_kernel = _async_start_kernel  # type: ignore[assignment]

    def remove_kernel(self, kernel_id: str) -> Any:
        """And forgets whose it was."""
        found = getattr(self.parent, "lfr_state", None)
        if found is not None:
            found.kernels.pop(kernel_id, None)
        return super().remove_kernel(kernel_id)
