"""County packs (配置包): applied to a county, as often as wanted, all or nothing."""
