def test_where_no_cell_has_all_its_photos_any_will_do():
    one = {7: [GalleryPhoto(0.9, 0, "a.jpg")], 3: [GalleryPhoto(0.8, 1, "b.jpg")]}
    assert list(fullest(one, cells=1, photos=2)) == [7]
