"""Tables and shards in an S3 store (moto, on this machine) and on the web (a small server of our own)."""

import json
import subprocess
import sys
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from photoplanet.core import stores
from photoplanet.core.stores import Stored
from photoplanet.errors import DownloadError, InputError
from photoplanet.evaluation.score import score
from photoplanet.index import build
from photoplanet.photos import decode, table


@pytest.fixture(scope="module")
def moto():
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0)
    server.start()
    yield "http://{}:{}".format(*server.get_host_and_port())
    server.stop()


@pytest.fixture
def bucket(moto, monkeypatch, tmp_path):
    """A function that puts a file into the bucket `photos`; the store's address and keys are in the environment."""
    import boto3

    for name, value in {"AWS_ENDPOINT_URL": moto, "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret",
                        "AWS_REGION": "us-east-1", stores.ALLOWED: ""}.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    client = boto3.client("s3", endpoint_url=moto, region_name="us-east-1")
    client.create_bucket(Bucket="photos")
    yield lambda file, key: client.upload_file(str(file), "photos", key)
    for entry in client.list_objects_v2(Bucket="photos").get("Contents", []):
        client.delete_object(Bucket="photos", Key=entry["Key"])
    client.delete_bucket(Bucket="photos")


@pytest.fixture
def parts(tmp_path):
    """A folder of two parts, and what else may lie there."""
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(2):
        rows = [{"photo_id": f"{number}{at}", "path": f"00000.tar#{number}{at}.png", "latitude": 48.5 + at,
                 "longitude": 2.5} for at in range(3)]  # fmt: skip
        pq.write_table(pa.Table.from_pylist(rows), folder / f"part-{number}.parquet")
    (folder / "_SUCCESS").touch()
    return folder


@pytest.fixture
def shard(tmp_path):
    path = tmp_path / "00000.tar"
    with tarfile.open(path, "w") as archive:
        for number in range(6):
            name = f"{number // 3}{number % 3}.png"
            Image.new("RGB", (20 + number, 10)).save(tmp_path / name)
            archive.add(tmp_path / name, name)
    return path


def test_a_folder_of_tables_in_a_store_is_read_as_on_disk(bucket, parts, tmp_path):
    for file in parts.iterdir():
        bucket(file, f"2016/{file.name}")
    rows, _ = table.read("s3://photos/2016")
    assert rows.to_pylist() == table.read(parts)[0].to_pylist()
    table.write(rows, tmp_path / "guesses.csv")
    bucket(tmp_path / "guesses.csv", "answers/guesses.csv")
    found = score("s3://photos/answers/guesses.csv", ["s3://photos/2016/part-0.parquet", parts / "part-1.parquet"])
    assert found["accuracy"]["street"] == 1.0 and found["photos"] == 6


def test_what_is_not_there_and_what_is_not_a_table_are_named_with_their_address(bucket, parts):
    with pytest.raises(InputError, match=r"s3://photos/none\.parquet: no such file"):
        table.read("s3://photos/none.parquet")
    with pytest.raises(InputError, match=r"s3://nobodys/a\.parquet: no such file"):
        table.read("s3://nobodys/a.parquet")
    bucket(parts / "part-0.parquet", "odd/part-0.parquet")
    bucket(parts / "_SUCCESS", "odd/readme.md")
    with pytest.raises(InputError, match=r"s3://photos/odd/readme\.md: is not a table"):
        table.read("s3://photos/odd")
    (parts / "cut.parquet").write_bytes((parts / "part-0.parquet").read_bytes()[:-300])
    bucket(parts / "cut.parquet", "cut.parquet")
    with pytest.raises(InputError, match=r"s3://photos/cut\.parquet: cannot be read"):
        table.read("s3://photos/cut.parquet")


def test_photos_of_shards_in_a_store_are_indexed_and_opened_where_the_table_lies(bucket, parts, shard, tmp_path):
    bucket(shard, "packed/00000.tar")
    bucket(parts / "part-0.parquet", "packed/photos.parquet")
    rows, left = build.index(["s3://photos/packed/photos.parquet"], tmp_path / "out.parquet")
    assert rows["path"].to_pylist() == [f"s3://photos/packed/00000.tar#0{at}.png" for at in range(3)]
    assert (rows["width"].to_pylist(), left) == ([20, 21, 22], [])
    assert decode.load("s3://photos/packed/00000.tar#02.png", decode.Preprocessing(8)).shape == (8, 8, 3)
    _, left = build.index(["s3://photos/packed/00000.tar"], keep_without_gps=True)
    assert left == []


def test_an_address_in_a_table_is_not_opened_unasked(bucket, shard, tmp_path):
    """Else whoever makes a table could learn who reads it."""
    bucket(shard, "packed/00000.tar")
    row = {"photo_id": "a", "path": "s3://photos/packed/00000.tar#00.png", "latitude": 48.5, "longitude": 2.5}
    path = table.write(table.from_rows([row]), tmp_path / "photos.parquet")
    rows, left = build.index([path])
    assert not len(rows) and "not opened unasked" in left[0]["detail"]
    with pytest.raises(InputError, match="not opened unasked"):
        decode.load(row["path"], decode.Preprocessing(8))


def test_the_command_line_takes_addresses(bucket, parts, tmp_path):
    for file in parts.glob("*.parquet"):
        bucket(file, f"2016/{file.name}")
    command = ["-m", "photoplanet", "partition", "s3://photos/2016", "--min-photos", "1", "--json"]
    command = [sys.executable, *command, "-o", str(tmp_path / "cells.parquet")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["photos"] == 6


class Web:
    """Files at http://127.0.0.1, sent in parts; `status` answers every request instead."""

    def __init__(self, ranges=True, status=None):
        self.files, self.ranges = {}, ranges
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                data = web.files.get(self.path)
                if status or data is None:
                    self.send_error(status or 404)
                    return
                begin, end = 0, len(data) - 1
                if web.ranges and (asked := self.headers.get("Range")):
                    first, _, last = asked.removeprefix("bytes=").partition("-")
                    begin, end = int(first), min(end, int(last or end))
                    self.send_response(206)
                    self.send_header("Content-Range", f"bytes {begin}-{end}/{len(data)}")
                else:
                    self.send_response(200)
                self.send_header("Content-Length", str(end + 1 - begin))
                self.end_headers()
                self.wfile.write(data[begin : end + 1])

            do_HEAD = do_GET  # of a refusal only its status counts

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *raised):
        self.server.shutdown()
        self.server.server_close()


def test_tables_and_shards_on_the_web_are_read_in_parts(parts, shard, tmp_path, monkeypatch):
    monkeypatch.setenv(stores.ALLOWED, "")
    with Web() as web:
        table.write(table.read(parts)[0], tmp_path / "photos.csv")
        web.files |= {"/a/photos.parquet": (parts / "part-0.parquet").read_bytes(), "/a/00000.tar": shard.read_bytes(),
                      "/a/photos.csv": (tmp_path / "photos.csv").read_bytes()}  # fmt: skip
        assert table.read(f"{web.address}/a/photos.csv")[0].to_pylist() == table.read(parts)[0].to_pylist()
        rows, left = build.index([f"{web.address}/a/photos.parquet"])
        assert rows["width"].to_pylist() == [20, 21, 22] and left == []
        with pytest.raises(InputError, match=r"none\.parquet: not there \(HTTP 404\)"):
            table.read(f"{web.address}/none.parquet")
        opened = Stored(f"{web.address}/a/photos.csv").open()
        web.files["/a/photos.csv"] += b"more"
        with pytest.raises(DownloadError, match="has changed while it was read"):
            opened.read()


def test_a_server_without_parts_and_an_address_that_is_not_https_are_refused(parts):
    with Web(ranges=False) as web:
        web.files["/photos.parquet"] = (parts / "part-0.parquet").read_bytes()
        with pytest.raises(InputError, match="sends no parts of files; fetch it by hand"):
            table.read(f"{web.address}/photos.parquet")
    with pytest.raises(InputError, match="not an https address"):
        table.read("http://example.org/photos.parquet")


def test_missing_credentials_are_said_with_what_to_set(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    with Web(status=403) as web:
        monkeypatch.setenv("AWS_ENDPOINT_URL", web.address)
        with pytest.raises(InputError, match=r"a\.parquet: no access; set AWS_ACCESS_KEY_ID and AWS_SECRET"):
            table.read("s3://photos/a.parquet")
