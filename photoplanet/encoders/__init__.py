"""Pretrained networks as features: photos in, vectors out. One file a family; `encoder` is what they share."""
