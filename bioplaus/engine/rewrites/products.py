"""Expressions as sums of products."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Product", "products", "substituted"]


@dataclass(frozen=True)
class Product:
    """Factors, and whether their product is subtracted."""

    negative: bool
    factors: tuple[ast.expr, ...]

    def times(self, other: Product) -> Product:
        """The product of two products."""
        return Product(self.negative != other.negative, self.factors + other.factors)


def products(node: ast.expr) -> list[Product]:
    """The products whose sum an expression is, up to rounding."""
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add):
            return products(node.left) + products(node.right)
        if isinstance(node.op, ast.Sub):
            return products(node.left) + products(ast.UnaryOp(ast.USub(), node.right))
        if isinstance(node.op, ast.Mult):
            return [a.times(b) for a in products(node.left) for b in products(node.right)]
        if isinstance(node.op, ast.Div):
            inverse = Product(False, (ast.BinOp(ast.Constant(1.0), ast.Div(), node.right),))
            return [a.times(inverse) for a in products(node.left)]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [Product(not a.negative, a.factors) for a in products(node.operand)]
    if isinstance(node, ast.Call) and ast.unparse(node.func) == "_nb_np.float32":
        return products(node.args[0])
    return [Product(False, (node,))]


class _Substitute(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node)


def substituted(node: ast.expr, values: Mapping[str, ast.expr]) -> ast.expr:
    """A copy of an expression with other expressions in place of names."""
    copy = ast.parse(ast.unparse(node), mode="eval").body
    result: ast.expr = _Substitute(values).visit(copy)
    return result
