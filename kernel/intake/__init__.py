"""This folder takes files into tables: read, staged, converted, checked, written, the refused rows told.

Start reading at run.py.
"""
