"""The register of merged hotlines in the running service (R7, R9)."""

from __future__ import annotations

from hotline.intake.v1 import events_pb2
from services.kernel.security import Role
from tests.integration.intake.hall import MATTER, Hall, problem


async def test_r9_a_call_to_a_registered_number_is_recorded_with_its_mode(hall: Hall) -> None:
    """R9."""
    for number, mode in (("12315", "dual_parallel"), ("12312", "merged"), ("12345", "")):
        told = await hall.submit(called_number=number, transferred_by="12315")
        facts = await hall.loop.facts(
            lambda found, ticket=told["ticket"]: any(f.ticket == ticket for f in found)  # type: ignore[misc]
        )
        data = next(f.data for f in facts if f.ticket == told["ticket"])
        received = events_pb2.TicketReceived.FromString(data)
        assert (received.called_number, received.called_mode) == (number, mode)
        assert received.transferred_by == "12315"
    late = {"transferred_by": "12315", "transferred_at": "2999-01-01T00:00:00Z"}
    ahead = await hall.post("tickets", {"channel": "phone"} | late)
    assert ahead.status_code == 422


async def test_r9_a_sub_centre_is_transferred_to_its_line_by_whichever_name(hall: Hall) -> None:
    """R9."""
    told = await hall.submit(facts={"sub_centre": "tax"})
    assert (told["state"], told["transfer"]["line"]) == ("transferred", "12366")


async def test_r7_the_register_is_read_by_who_works_with_it(hall: Hall) -> None:
    """R7, R8."""
    found = await hall.http.get("/v1/hotlines", headers=hall.headers(Role.STAFF))
    told = found.json()
    assert told["planned"] == {"merged": 13, "dual_parallel": 14, "sub_centre": 5}
    (tax,) = [line for line in told["lines"] if line["number"] == "12366"]
    assert (tax["mode"], tax["number_is"], tax["transfer_line"]) == ("sub_centre", "kept", "12366")
    before = await hall.http.get(
        "/v1/hotlines", params={"on": "2020-01-01"}, headers=hall.headers(Role.STAFF)
    )
    assert before.json()["lines"] == []
    citizen = await hall.http.get("/v1/hotlines", headers=hall.headers(Role.CITIZEN))
    assert problem(citizen)[0] == 403


async def test_r11_to_r17_a_text_raises_suggestions_and_leaves_nothing(hall: Hall) -> None:
    """R11: for the operator to confirm."""
    text = {"title": "着火", "description": "The court said so."}
    found = await hall.post("suggestions", text, Role.STAFF)
    told = found.json()["suggestions"]
    assert [(s["fact"], s["value"], s["words"]) for s in told] == [
        ("emergency_line", "119", ["着火"]),
        ("organ", "court", ["court"]),
    ]
    assert (await hall.post("suggestions", text, Role.UNIT)).status_code == 403


async def test_r5_the_knowledge_base_answers_a_consultation(hall: Hall) -> None:
    """R5."""
    headers = hall.headers(Role.CHANNEL)
    found = await hall.http.get("/v1/articles", params={"q": "拖欠工资"}, headers=headers)
    (article,) = found.json()
    assert (article["id"], article["overdue"]) == ("KB-4", False)
    told = await hall.submit(kind="consultation", facts={"kb_answer": article["id"]})
    assert (told["state"], told["answer"]["article"]) == ("answered", "KB-4")
    assert told["answer"]["text"] == article["answer"]
    unknown = await hall.post("tickets", MATTER | {"facts": {"kb_answer": "KB-99"}})
    assert problem(unknown) == (422, "/problems/unknown-article", "R5")
    everything = await hall.http.get("/v1/articles", headers=headers)
    assert len(everything.json()) == 4
    late = await hall.http.get("/v1/articles", params={"overdue": True}, headers=headers)
    assert late.json() == []
