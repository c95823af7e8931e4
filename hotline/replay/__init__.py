"""Analysts' view of the whole history: any ticket at any moment, from ledger or log alone."""

from hotline.replay.ledger import Ledger
from hotline.replay.log import read_ticket

__all__ = ["Ledger", "read_ticket"]
