"""Settings of an exchange: which connector, which account, whose secrets."""

from __future__ import annotations

import contextlib
import math
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, SecretStr, field_validator, model_validator

from spark_stacker.config.registry import exchange_types
from spark_stacker.config.suggestions import did_you_mean
from spark_stacker.config.symbols import ASSET
from spark_stacker.config.values import FromEnvironment, FrozenSettings, Location, Many, Name, Switch
from spark_stacker.errors import ConfigError, ConfigProblem

__all__ = ["SECRETS", "ExchangeSettings"]

SECRETS = ("private_key", "api_key", "api_secret")
"""Keys of an exchange that hold a secret; each may instead be given as ``…_file`` or ``…_keyring``."""


def _speed(value: Any) -> object:
    if isinstance(value, FromEnvironment) and value != "max":
        with contextlib.suppress(ValueError):
            value = float(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if value != "max" and not (is_number and 0 < value < math.inf):
        raise ValueError('must be "max" or a number above 0')
    return value


def _currency(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(ASSET, value):
        raise ValueError("must be a currency such as USD")
    return value


Speed = Annotated[Literal["max"] | Annotated[float, Field(allow_inf_nan=False)], BeforeValidator(_speed)]


class ExchangeSettings(FrozenSettings):
    """An exchange and the account to use there."""

    name: Name
    """Name that strategies use."""
    exchange_type: str = ""
    """Connector; the name if not given."""
    enabled: Switch = True
    wallet_address: str | None = None
    """Public address of the account, on venues that have one."""
    private_key: SecretStr | None = None
    api_key: SecretStr | None = None
    api_secret: SecretStr | None = None
    testnet: Switch = False
    use_as_main: Switch = False
    """Strategies without an exchange trade here."""
    use_as_hedge: Switch = False
    """Hedge legs are carried here."""
    quote_currency: Annotated[str, BeforeValidator(_currency)] = "USD"
    """Completes a market given by its base alone: ``ETH`` is ``ETH-USD``."""
    files: Many[Location] = ()
    """For ``replay``: files or directories of candles."""
    venue: Name | None = None
    """For ``replay``: venue of the catalogue whose candles, funding and mark prices to play."""
    speed: Speed = "max"
    """For ``replay``: multiple of real time, or ``"max"`` for as fast as possible."""

    @model_validator(mode="before")
    @classmethod
    def _type_is_the_name_unless_given(cls, value: object) -> object:
        if isinstance(value, dict) and "exchange_type" not in value and isinstance(value.get("name"), str):
            return {**value, "exchange_type": value["name"]}
        return value

    @field_validator("exchange_type")
    @classmethod
    def _type_is_known(cls, value: str) -> str:
        known = exchange_types()
        if value not in known:
            message = f'must be one of {", ".join(known)}, was "{value}"{did_you_mean(value, known)}'
            raise ConfigError(message, [ConfigProblem("", message)])
        return value

    @model_validator(mode="after")
    def _replay_options_belong_to_replay(self) -> ExchangeSettings:
        if self.exchange_type != "replay":
            wrong = [key for key in ("files", "venue", "speed") if key in self.model_fields_set]
            if wrong:
                problems = [
                    ConfigProblem(key, f"belongs to exchange_type replay, not {self.exchange_type}")
                    for key in wrong
                ]
                raise ConfigError("options of another exchange type", problems)
        return self

    def secret(self, key: str) -> str | None:
        """The secret in plain text, for the connector alone; ``None`` if not given.

        >>> ExchangeSettings(name="kraken", api_key="YOUR_API_KEY").secret("api_key")
        'YOUR_API_KEY'
        """
        value: SecretStr | None = getattr(self, key)
        return value.get_secret_value() if value is not None else None
