from photoplanet.photos import folders


def seen(root):
    return [
        (each.path.relative_to(root).as_posix(), [entry.name for entry in each.entries]) for each in folders.walk(root)
    ]


def test_names_come_in_natural_order_and_files_before_the_folders_below(tmp_path):
    for name in ("IMG_10.jpg", "IMG_9.jpg", "day 10/a.jpg", "day 9/b.jpg", ".hidden/c.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert seen(tmp_path) == [
        (".", [".hidden", "day 9", "day 10", "IMG_9.jpg", "IMG_10.jpg"]), ("day 9", ["b.jpg"]), ("day 10", ["a.jpg"]),
    ]  # fmt: skip


def test_links_are_followed_once_and_what_cannot_be_read_is_said(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    (tmp_path / "b").symlink_to(tmp_path / "a")
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere")
    assert [path for path, _ in seen(tmp_path)] == [".", "a"]
    assert [each.path for each in folders.walk(tmp_path, links=False)] == [tmp_path, tmp_path / "a"]
    [missing] = folders.walk(tmp_path / "nowhere")
    assert missing.fault == "No such file or directory" and missing.entries == []
