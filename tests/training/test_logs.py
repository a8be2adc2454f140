"""The log of a run: what is resumed is not logged twice, and a line torn by a kill costs that line only."""

from photoplanet.training import logs


def written(folder, steps, first=0):
    log = logs.Log(folder, first, curves=False)
    for step in steps:
        log.write("train", step, loss=1.0 / step)
    log.close()
    return [line["step"] for line in logs.read(folder / logs.LOG)]


def test_a_resumed_run_has_each_step_once(tmp_path):
    assert written(tmp_path, [1, 2, 3, 4]) == [1, 2, 3, 4]
    assert written(tmp_path, [3, 4, 5], first=2) == [1, 2, 3, 4, 5]


def test_a_torn_line_is_left_out(tmp_path):
    written(tmp_path, [1, 2])
    with (tmp_path / logs.LOG).open("a") as file:
        file.write('{"kind": "train", "st')
    assert [line["step"] for line in logs.read(tmp_path / logs.LOG)] == [1, 2]
    assert written(tmp_path, [3], first=2) == [1, 2, 3]


def test_a_new_run_in_the_folder_starts_an_empty_log(tmp_path):
    written(tmp_path, [1, 2])
    assert written(tmp_path, [1], first=0) == [1]
