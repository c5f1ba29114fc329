"""Experiments of one paper: HM2-BP (Jin, Zhang and Li 2018)."""
