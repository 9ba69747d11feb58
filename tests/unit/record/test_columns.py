from __future__ import annotations

from inspector.record.columns import Links, RowOfStream, Sizes


def test_sizes_of_any_size_read_as_they_were() -> None:
    told = [0, -1, 200, 2**31 - 1, 2**31, 2**70, -2, -(2**40)]
    sizes = Sizes()
    sizes.extend(told[:3])
    sizes.extend(told[3:])
    assert list(sizes) == [sizes[row] for row in range(len(sizes))] == told
    assert (sizes[-1], sizes[-4], sizes[2:5]) == (-(2**40), 2**31, told[2:5])


def test_the_rows_about_one_row_are_found_in_order() -> None:
    links = Links()
    links.extend(5)
    for row, root in ((1, 0), (3, 0), (4, 3)):
        links.join(row, root)
    assert [links.root(row) for row in range(5)] == [None, 0, None, 0, 3]
    assert [links.followers(row) for row in range(5)] == [[1, 3], [], [], [4], []]


def test_a_stream_is_found_whatever_its_number() -> None:
    opened = RowOfStream()
    told = {1: 0, 2: 3, 900: 4, 10**15: 5, -7: 6, 2**31: 7}
    for stream, row in told.items():
        opened[stream] = row
    opened[2] = 8
    assert {stream: opened.get(stream) for stream in told} == {**told, 2: 8}
    assert [opened.get(stream) for stream in (0, 3, 901, -1, 10**16)] == [None] * 5


def test_a_number_far_ahead_of_the_others_takes_no_memory() -> None:
    opened = RowOfStream()
    opened[2**30] = 1
    assert (opened.get(2**30), len(opened._rows)) == (1, 0)
