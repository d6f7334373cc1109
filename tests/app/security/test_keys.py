"""The keys of a running app: an address opens it once, and only for some minutes."""

from rbdm.app.security.keys import Keys


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_ticket_is_valid_once():
    keys = Keys()
    first, second = keys.ticket(), keys.ticket()
    assert first != second
    assert keys.accept(first) and not keys.accept(first)
    assert keys.accept(second)


def test_a_ticket_is_valid_for_ten_minutes():
    clock = Clock()
    keys = Keys(clock=clock)
    old, late = keys.ticket(), keys.ticket()
    clock.now += 590
    assert keys.accept(old)
    clock.now += 20
    assert not keys.accept(late)


def test_another_process_with_the_secret_makes_valid_tickets_and_nobody_else():
    keys = Keys()
    assert keys.accept(Keys(keys.secret).ticket())
    for wrong in (Keys().ticket(), "", ".", "a.b.c", f"{keys.ticket()}x", keys.cookie, keys.ticket().replace(".", "")):
        assert not keys.accept(wrong)


def test_a_ticket_from_the_future_is_refused():
    keys, clock = Keys(), Clock()
    clock.now = 1e12
    assert not keys.accept(Keys(keys.secret, clock).ticket())


def test_each_purpose_has_a_key_of_its_own():
    keys = Keys()
    assert len({keys.secret, keys.cookie, keys.results}) == 3
    assert keys.is_cookie(keys.cookie) and not keys.is_cookie(keys.results) and not keys.is_cookie("")
    assert keys.is_results(keys.results) and not keys.is_results(keys.cookie) and not keys.is_results("ä")
    assert Keys().cookie != keys.cookie
