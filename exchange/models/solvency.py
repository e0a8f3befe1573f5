"""Publications of what the venue owes; written by ``exchange.solvency``."""

from __future__ import annotations

from django.db import models

from exchange.models.fields import MinorUnitsField


class SolvencyReport(models.Model):
    """One publication: what was owed after an engine sequence, and the root that binds it."""

    sequence = models.BigIntegerField(primary_key=True)
    time_ns = models.BigIntegerField()
    #: Of the engine's whole state at the sequence, in hex.
    state_hash = models.CharField(max_length=64)
    root = models.CharField(max_length=64)
    #: Of which each leaf has its own salt. It would tell whose leaf is whose, and is never published.
    secret = models.BinaryField(max_length=32)
    published_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-sequence",)

    def __str__(self) -> str:
        return str(self.sequence)


class SolvencyAsset(models.Model):
    """One asset of a publication: the top of its tree, and what the books have in custody."""

    report = models.ForeignKey(SolvencyReport, on_delete=models.CASCADE, related_name="assets")
    asset = models.CharField(max_length=16)
    scale = models.PositiveSmallIntegerField()
    hash = models.CharField(max_length=64)
    liabilities_minor = MinorUnitsField()
    fees_minor = MinorUnitsField()
    custody_minor = MinorUnitsField()
    #: How many accounts are owed some of it.
    accounts = models.IntegerField()

    class Meta:
        ordering = ("asset",)
        constraints = (models.UniqueConstraint(fields=("report", "asset"), name="solvency_asset_unique"),)

    def __str__(self) -> str:
        return f"{self.asset} at {self.report_id}"


class SolvencyLeaf(models.Model):
    """What one account was owed of one asset, and where its leaf stands."""

    report = models.ForeignKey(SolvencyReport, on_delete=models.CASCADE, related_name="leaves")
    account = models.BigIntegerField()
    asset = models.CharField(max_length=16)
    index = models.IntegerField()
    amount_minor = MinorUnitsField()

    class Meta:
        ordering = ("asset",)
        constraints = (
            models.UniqueConstraint(fields=("report", "account", "asset"), name="solvency_leaf_unique"),
        )

    def __str__(self) -> str:
        return f"{self.asset} of account {self.account} at {self.report_id}"


class SolvencyNodes(models.Model):
    """A run of nodes of one level of an asset's tree, as ``tree.Node.to_bytes`` one after another."""

    report = models.ForeignKey(SolvencyReport, on_delete=models.CASCADE, related_name="nodes")
    asset = models.CharField(max_length=16)
    #: 0: the leaves.
    level = models.PositiveSmallIntegerField()
    run = models.IntegerField()
    nodes = models.BinaryField()

    class Meta:
        ordering = ("asset", "level", "run")
        constraints = (
            models.UniqueConstraint(fields=("report", "asset", "level", "run"), name="solvency_nodes_unique"),
        )

    def __str__(self) -> str:
        return f"{self.asset} {self.level}.{self.run} at {self.report_id}"
