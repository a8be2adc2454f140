"""Recipes: the paper's settings, changing them by name, and refusing what cannot be meant."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from photoplanet.errors import InputError
from photoplanet.training import optimizer, recipes


def test_the_papers_recipe_is_the_papers():
    paper = recipes.named("paper")
    assert (paper.backbone, paper.image_size, paper.optimizer, paper.learning_rate) == (
        "inception",
        299,
        "adagrad",
        0.045,
    )
    assert (paper.max_photos, paper.min_photos, paper.label_km, paper.hierarchy) == (10_000, 50, 0, ())
    assert (paper.crop_area, paper.brightness, paper.average, paper.schedule) == (1, 0, 0, "constant")
    assert paper.patience > 0  # "until the accuracy on the validation set converges"


def test_settings_by_name_take_the_type_of_the_field():
    changed = recipes.changed(
        recipes.Recipe(), ["learning_rate=0.5", "batch-size=7", "compile=yes", "hierarchy=1,2.5", "backbone=inception"]
    )
    assert (changed.learning_rate, changed.batch_size, changed.compile) == (0.5, 7, True)
    assert (changed.hierarchy, changed.backbone) == ((1.0, 2.5), "inception")


@pytest.mark.parametrize(("text", "value"), [("auto", "auto"), ("AUTO", "auto"), ("no", False), ("1", True)])
def test_compiling_is_on_off_or_as_it_pays(text, value):
    changed = recipes.changed(recipes.Recipe(), [f"compile={text}"])
    assert changed.compile == value
    assert recipes.Recipe.from_dict(json.loads(json.dumps(changed.as_dict()))) == changed


def test_two_settings_that_belong_together_change_at_once():
    changed = recipes.changed(recipes.Recipe(), ["hierarchy=", "hierarchy_shares="])
    assert changed.hierarchy == changed.hierarchy_shares == ()


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("learning_rat=1", "the settings are name, backbone"),
        ("learning_rate", "key=value"),
        ("learning_rate=fast", "a number"),
        ("batch_size=1.5", "whole number"),
        ("compile=maybe", "expected true, false or auto"),
        ("channels_last=auto", "expected true or false"),
        ("learning_rate=nan", "finite"),
        ("learning_rate=-1", "outside"),
        ("optimizer=lion", "adagrad, adamw, sgd"),
        ("hierarchy=1", "one number per coarser level"),
        ("hierarchy_shares=0.01,0.1", "coarsest"),
        ("stored=100", "under the image_size"),
        ("fit=crop", "random crops need"),
    ],
)
def test_wrong_settings_are_refused_with_what_is_known(setting, said):
    with pytest.raises(InputError, match=said):
        recipes.changed(recipes.Recipe(), [setting])


def test_an_unknown_recipe_lists_the_known_ones():
    with pytest.raises(InputError, match="default, paper"):
        recipes.named("best")


@pytest.mark.parametrize("name", list(recipes.RECIPES))
def test_a_recipe_survives_json(name):
    recipe = recipes.named(name)
    assert recipes.Recipe.from_dict(json.loads(json.dumps(recipe.as_dict()))) == recipe


def test_cell_limits_follow_the_number_of_photos_up_to_the_papers():
    assert recipes.Recipe().cell_limits(100_000_000) == (10_000, 50)
    assert recipes.Recipe().cell_limits(150) == (20, 2)
    assert recipes.Recipe(max_photos=70, min_photos=3).cell_limits(10**6) == (70, 3)


@settings(max_examples=60, deadline=None)
@given(total=st.integers(1, 5000), warmup=st.floats(0, 0.5), final=st.floats(0, 1))
def test_the_one_cycle_rate_rises_to_its_peak_and_falls_to_its_end(total, warmup, final):
    recipe = recipes.Recipe(learning_rate=2.0, warmup=warmup, final_rate=final)
    rates = [optimizer.learning_rate(recipe, step, total) for step in range(total)]
    assert all(0 < rate <= 2.0 or final == 0 for rate in rates)
    peak = rates.index(max(rates))
    assert rates[: peak + 1] == sorted(rates[: peak + 1])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)


def test_the_constant_rate_stays():
    recipe = recipes.named("paper")
    assert {optimizer.learning_rate(recipe, step, 100) for step in range(100)} == {0.045}
