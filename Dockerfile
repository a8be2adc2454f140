# `photoplanet serve` in a container, as a user without rights, on a model folder that is mounted at /model:
#
#     docker build -t photoplanet .
#     docker run --rm -p 127.0.0.1:8017:8017 -v "$PWD/model:/model:ro" photoplanet
#
# Every request needs the token that is printed at the start, since the container listens on all its addresses;
# `serve --host 0.0.0.0 --model /model --token …` behind the image's name chooses one.
FROM python:3.12-slim

COPY pyproject.toml README.md LICENSE NOTICE /src/
COPY photoplanet /src/photoplanet
# jxl: uploads of JPEG XL, for 80 of 560 MB beside Python
RUN python -m pip install --no-cache-dir '/src[server,jxl]' && rm -r /src && useradd --create-home photoplanet

USER photoplanet
EXPOSE 8017
HEALTHCHECK CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8017/healthz', timeout=3)"]
ENTRYPOINT ["photoplanet"]
CMD ["serve", "--host", "0.0.0.0", "--model", "/model"]
