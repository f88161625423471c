"""resources.arsc: the few strings the manifest refers to, resolved by androguard."""

from __future__ import annotations

from auditor.extract.android.manifest import ANDROGUARD_FAILS
from auditor.model import Text

__all__ = ["ResourceError", "Resources"]


class ResourceError(Exception):
    """A resource table that cannot be read; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class Resources:
    """A resource table, asked for single strings."""

    def __init__(self, data: bytes) -> None:
        """Parse ``resources.arsc``. Raises ResourceError where it cannot be read."""
        from androguard.core.axml import ARSCParser, ResParserError
        from loguru import logger

        logger.disable("androguard")
        self._fails = (*ANDROGUARD_FAILS, ResParserError)
        try:
            self._parser = ARSCParser(data)
        except self._fails as error:
            raise ResourceError(
                Text(zh=f"资源表已损坏，无法读取（{error}）", en=f"is a damaged resource table ({error})")
            ) from None

    def strings(self, reference: str) -> tuple[tuple[str, str], ...]:
        """Return (language, text) for each configuration of a reference such as ``@7f0b0001``; default first.

        Raises ResourceError where the table has no such entry.
        """
        try:
            number = int(reference.lstrip("@?").rpartition("/")[2].rpartition(":")[2], 16)
            found = self._parser.get_resolved_res_configs(number)
            texts = {(config.get_language() or "").strip("\0"): text for config, text in reversed(found)}
        except self._fails:
            texts = {}
        if not texts:
            raise ResourceError(
                Text(zh=f"资源 {reference} 在资源表中不存在", en=f"refers to {reference}, which the table does not have")
            )
        return tuple(sorted(texts.items(), key=lambda item: (item[0] != "", item[0])))
