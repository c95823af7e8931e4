"""Analysts' view of the whole history: any ticket at any moment, from ledger or log alone."""

from hotline.replay.ledger import Ledger
from hotline.replay.log import read_ticket
from hotline.replay.states import History, replay, workers

__all__ = ["History", "Ledger", "read_ticket", "replay", "workers"]
