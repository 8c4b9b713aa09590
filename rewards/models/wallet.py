from advocacy.models import Customer


class Wallet(Customer):
    """A customer as the owner of what rewards gave them."""

    class Meta:
        proxy = True
        verbose_name = "wallet"
