"""What channels, units and departments use to talk to Hotline over Kafka."""
