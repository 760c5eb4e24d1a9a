# ruff: noqa: ANN401, PLR0917, FBT001, FBT002 - a model is numbers; bpy is untyped
"""Materials of the simulated street: colours, surface noise, tiles, printed images and lamps.

Every material carries a mask colour (three channels 0..1). The mask pass of a sprite shows where
its first, second and third recolourable surface lies,
so that one car sprite serves for every paint.
"""

from typing import Any

from models.street.modelling.blender import bpy

Colour = tuple[float, float, float]
_made: dict[str, Any] = {}
_lamps: list[tuple[Any, float]] = []


def reset() -> None:
    """Forget materials of an earlier scene."""
    _made.clear()
    _lamps.clear()


def set_lamps(on: float) -> None:
    """Scale the light of every glowing material: 0 off, 1 as designed."""
    for socket, strength in _lamps:
        socket.default_value = strength * on


def _base(name: str, rough: float, metal: float, mask: Colour) -> tuple[Any, Any, Any]:
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    material["mask"] = list(mask)
    tree = material.node_tree
    shader = tree.nodes["Principled BSDF"]
    shader.inputs["Roughness"].default_value = rough
    shader.inputs["Metallic"].default_value = metal
    _made[name] = material
    return material, tree, shader


def plain(
    name: str,
    colour: Colour,
    rough: float = 0.7,
    metal: float = 0.0,
    mask: Colour = (0, 0, 0),
    noise: float = 0.0,
    scale: float = 4.0,
    bump: float = 0.0,
    fine: float = 0.0,
) -> Any:
    """A linear RGB colour, varied by `noise` (0..1) at `scale` features a metre; `fine`: grain."""
    if name in _made:
        return _made[name]
    material, tree, shader = _base(name, rough, metal, mask)
    shader.inputs["Base Color"].default_value = (*colour, 1)
    if noise or bump or fine:
        spot = tree.nodes.new("ShaderNodeNewGeometry").outputs["Position"]
        value = _noise(tree, spot, scale, 5.0)
        low = tuple(c * (1 - noise) for c in colour)
        high = tuple(min(1.0, c * (1 + noise)) for c in colour)
        out = _ramp(tree, value, low, high)
        if fine:
            grain = _noise(tree, spot, scale * 25, 3.0)
            out = _multiply(tree, out, _ramp(tree, grain, (1 - fine,) * 3, (1 + fine,) * 3))
        tree.links.new(out, shader.inputs["Base Color"])
        if bump:
            node = tree.nodes.new("ShaderNodeBump")
            node.inputs["Strength"].default_value = bump
            node.inputs["Distance"].default_value = 0.05
            tree.links.new(value, node.inputs["Height"])
            tree.links.new(node.outputs["Normal"], shader.inputs["Normal"])
    return material


def _noise(tree: Any, vector: Any, scale: float, detail: float) -> Any:
    node = tree.nodes.new("ShaderNodeTexNoise")
    node.inputs["Scale"].default_value = scale
    node.inputs["Detail"].default_value = detail
    tree.links.new(vector, node.inputs["Vector"])
    return node.outputs["Fac"]


def _ramp(tree: Any, value: Any, low: tuple[float, ...], high: tuple[float, ...]) -> Any:
    node = tree.nodes.new("ShaderNodeValToRGB")
    node.color_ramp.elements[0].position = 0.3
    node.color_ramp.elements[1].position = 0.7
    node.color_ramp.elements[0].color = (*low, 1)
    node.color_ramp.elements[1].color = (*high, 1)
    tree.links.new(value, node.inputs["Fac"])
    return node.outputs["Color"]


def _multiply(tree: Any, first: Any, second: Any) -> Any:
    node = tree.nodes.new("ShaderNodeMix")
    node.data_type = "RGBA"
    node.blend_type = "MULTIPLY"
    node.inputs["Factor"].default_value = 1.0
    sockets = [s for s in node.inputs if s.type == "RGBA"]
    tree.links.new(first, sockets[0])
    tree.links.new(second, sockets[1])
    return next(s for s in node.outputs if s.type == "RGBA")


def tiles(
    name: str,
    colour: Colour,
    joint: Colour,
    width: float,
    height: float,
    upright: bool = False,
    rough: float = 0.75,
    stain: float = 0.25,
) -> Any:
    """Tiles of width x height metres with joints, on the ground or (upright) on a wall along x."""
    if name in _made:
        return _made[name]
    material, tree, shader = _base(name, rough, 0.0, (0, 0, 0))
    spot = tree.nodes.new("ShaderNodeNewGeometry").outputs["Position"]
    vector = spot
    if upright:
        split = tree.nodes.new("ShaderNodeSeparateXYZ")
        join = tree.nodes.new("ShaderNodeCombineXYZ")
        tree.links.new(spot, split.inputs[0])
        tree.links.new(split.outputs["X"], join.inputs["X"])
        tree.links.new(split.outputs["Z"], join.inputs["Y"])
        vector = join.outputs[0]
    brick = tree.nodes.new("ShaderNodeTexBrick")
    brick.inputs["Scale"].default_value = 1.0
    brick.inputs["Brick Width"].default_value = width
    brick.inputs["Row Height"].default_value = height
    brick.inputs["Mortar Size"].default_value = min(width, height) * 0.03
    brick.inputs["Color1"].default_value = (*(c * 0.88 for c in colour), 1)
    brick.inputs["Color2"].default_value = (*(min(1.0, c * 1.1) for c in colour), 1)
    brick.inputs["Mortar"].default_value = (*joint, 1)
    tree.links.new(vector, brick.inputs["Vector"])
    dirt = _ramp(tree, _noise(tree, spot, 0.5, 8.0), (1 - stain,) * 3, (1.0,) * 3)
    tree.links.new(_multiply(tree, brick.outputs["Color"], dirt), shader.inputs["Base Color"])
    return material


def printed(name: str, path: str, rough: float = 0.6, glow: float = 0.0) -> Any:
    """A surface that shows an image file through the UV map; `glow` is its light at night."""
    if name in _made:
        return _made[name]
    material, tree, shader = _base(name, rough, 0.0, (0, 0, 0))
    image = tree.nodes.new("ShaderNodeTexImage")
    image.image = bpy.data.images.load(path, check_existing=True)
    image.extension = "EXTEND"
    tree.links.new(image.outputs["Color"], shader.inputs["Base Color"])
    if glow:
        tree.links.new(image.outputs["Color"], shader.inputs["Emission Color"])
        _lamp(shader, glow)
    return material


def glowing(name: str, colour: Colour, glow: float, dark: Colour, mask: Colour = (0, 0, 0)) -> Any:
    """A lamp or a lit window: `dark` by day, `colour` and `glow` its light at night."""
    if name in _made:
        return _made[name]
    material, _, shader = _base(name, 0.25, 0.0, mask)
    shader.inputs["Base Color"].default_value = (*dark, 1)
    shader.inputs["Emission Color"].default_value = (*colour, 1)
    _lamp(shader, glow)
    return material


def _lamp(shader: Any, glow: float) -> None:
    socket = shader.inputs["Emission Strength"]
    socket.default_value = 0.0
    _lamps.append((socket, glow))


def mask_material(colour: Colour) -> Any:
    """A material that shows one flat colour whatever the light, for the mask pass."""
    name = f"mask-{colour}"
    found = bpy.data.materials.get(name)
    if found is not None:
        return found
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    light = tree.nodes.new("ShaderNodeEmission")
    light.inputs["Color"].default_value = (*colour, 1)
    out = tree.nodes.new("ShaderNodeOutputMaterial")
    tree.links.new(light.outputs[0], out.inputs["Surface"])
    return material
