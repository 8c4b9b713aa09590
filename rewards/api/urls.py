from django.urls import path

from rewards.api.rewards import OneReward, Rewards
from rewards.api.wallets import OneWallet, Statement

urlpatterns = [
    path("rewards", Rewards.as_view()),
    path("rewards/<str:id>", OneReward.as_view()),
    path("wallets/<str:customer>", OneWallet.as_view()),
    path("wallets/<str:customer>/statement", Statement.as_view()),
]
