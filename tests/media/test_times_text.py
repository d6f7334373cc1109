"""Messages list a few times and say how many there are."""

from rbdm.media.times_text import times_text


def test_a_few_times_are_all_shown_and_many_are_counted():
    assert times_text([1.04, 2.5]) == "1.0 s, 2.5 s"
    assert times_text([float(time) for time in range(9)]) == "0.0 s, 1.0 s, 2.0 s, 3.0 s, 4.0 s … (9 times)"
