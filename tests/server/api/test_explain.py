"""POST /v1/explain: the parts of a photo that matter, and what is refused."""

import numpy as np
import pytest
from pictures import encoded
from PIL import Image

from photoplanet.explain import occlusion


def test_explain_names_the_parts_that_matter(connect, model, is_problem):
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[:, :9, 0], pixels[:, 9:, 2] = 255, 255
    photo = encoded(Image.fromarray(pixels), "PNG")
    client = connect()
    found = client.post("/v1/explain?positions=5&map=true", content=photo).json()
    assert found["cell_is"] == "predicted" and found["supports"][0]["box"][0] == 0 and len(found["map"]) == 16
    heat = occlusion.occlude(model, photo, positions=5, box=0.2).heat
    assert np.asarray(found["map"]) == pytest.approx(heat, abs=1e-5) and 0 < heat.min() < heat.max() < 1
    true = client.post("/v1/explain?latitude=-33.87&longitude=151.21", content=photo).json()
    assert true["cell_is"] == "true" and true["supports"][0]["box"][2] > 0.5
    is_problem(client.post("/v1/explain?latitude=1", content=photo), 400, "together")
    is_problem(client.post("/v1/explain?latitude=0&longitude=0", content=photo), 400, "outside every cell")
    is_problem(client.post("/v1/explain", files=[("a", ("a", photo))] * 2), 400, "one photo")
