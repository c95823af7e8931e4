"""What a newcomer needs of a city that runs here: places, tokens, and calls that work as pasted."""

from __future__ import annotations

import httpx
import orjson

from hotline.cli.cities import subscriptions
from hotline.cli.running import Running
from hotline.dev.failure import StackFailure
from services.kernel.tokens import dev_token

UNIT = "NYPD"
_MATTER = {
    "channel": "internet",
    "kind": "complaint",
    "category": "NYPD/Noise - Residential",
    "area": "MANHATTAN",
    "title": "Loud music every night",
    "description": "Loud music after midnight, third floor.",
    "contact": "+1 212 555 0123",
}


async def welcome(place: Running) -> list[str]:
    """Lines for the terminal. Raises StackFailure where datasync does not know a ticket yet."""
    tokens = {
        "channel": dev_token("channel", "web", run_dir=place.run_dir),
        "unit": dev_token("unit", UNIT, unit=UNIT, run_dir=place.run_dir),
        "staff": dev_token("staff", "staff", run_dir=place.run_dir),
        "supervisor": dev_token("supervisor", "supervisor", run_dir=place.run_dir),
        "department": dev_token("department", UNIT, department=UNIT, run_dir=place.run_dir),
        "operator": dev_token("operator", "operator", run_dir=place.run_dir),
    }
    ticket = await _newest_ticket(place.urls["datasync"], tokens["staff"])
    return [*_places(place), *_tokens(tokens), *_calls(place, tokens, ticket)]


def _places(place: Running) -> list[str]:
    rows = [("kafka", place.kafka), ("store", _without_password(place.dsn)), *place.urls.items()]
    return ["", "Where everything is:", *(f"  {name:<11} {where}" for name, where in rows)]


def _tokens(tokens: dict[str, str]) -> list[str]:
    whose = {"unit": f" ({UNIT})", "department": f" ({UNIT})"}
    rows = [f"  {role + whose.get(role, ''):<18} {token}" for role, token in tokens.items()]
    return ["", "Development tokens, good on this machine for a week:", *rows]


def _calls(place: Running, tokens: dict[str, str], ticket: str) -> list[str]:
    intake, datasync = place.urls["intake"], place.urls["datasync"]
    feed = subscriptions(place.city)[UNIT]
    return [
        "",
        "Post a matter:",
        f"  curl -s {intake}/v1/tickets -H 'Authorization: Bearer {tokens['channel']}' "
        "-H \"Idempotency-Key: $(date +%s)-$$-$RANDOM\" -H 'Content-Type: application/json' "
        f"-d '{orjson.dumps(_MATTER).decode()}'",
        "Look at a ticket file (any number that you were given):",
        f"  curl -s {datasync}/v1/tickets/{ticket} -H 'Authorization: Bearer {tokens['staff']}'",
        f"Follow what {UNIT} is pushed:",
        f"  curl -N '{datasync}/v1/feeds/{feed}/events?start=now' "
        f"-H 'Authorization: Bearer {tokens['department']}'",
        "",
        "Ctrl-C stops everything; the next start finds the data again.",
        "",
    ]


def _without_password(dsn: str) -> str:
    scheme, _, rest = dsn.partition("://")
    user, _, place = rest.partition("@")
    return f"{scheme}://{user.partition(':')[0]}@{place}"


async def _newest_ticket(datasync_url: str, token: str) -> str:
    async with httpx.AsyncClient(base_url=datasync_url, timeout=10.0) as http:
        try:
            answer = await http.get(
                "/v1/tickets", params={"limit": 1}, headers={"Authorization": f"Bearer {token}"}
            )
            answer.raise_for_status()
            ticket: str = answer.json()["tickets"][0]["ticket"]
        except (httpx.HTTPError, LookupError) as error:
            raise StackFailure(f"datasync shows no ticket: {error!r}; see its log.") from None
    return ticket
