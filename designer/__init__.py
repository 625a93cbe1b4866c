"""Screens and operations that change the configuration."""
