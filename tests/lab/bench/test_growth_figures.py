"""The figure of growth."""

from ffcore.lab.bench.growth import FLAGS, RULES, GrowthRun
from ffcore.lab.bench.growth_figures import growth_costs
from tests.lab.bench.test_growth import growth_of


def test_each_dimension_is_a_line_with_its_power() -> None:
    """Powers stand in the legend beside the line of proportion; the caption has n and the interval."""
    drawn = growth_costs(GrowthRun({FLAGS: growth_of(0.0), RULES: growth_of(1.0)}))
    [axes] = drawn.axes
    legend = axes.get_legend()

    assert legend is not None
    texts = [text.get_text() for text in legend.get_texts()]
    assert texts[0].startswith(("flags: 0.0", "flags: -0.0"))
    assert texts[1].startswith(("rules: 1.0", "rules: 0.99"))
    assert texts[2] == "in proportion: 1"
    assert "n = 9 interleaved rounds" in drawn.caption
    assert drawn.png().startswith(b"\x89PNG")
