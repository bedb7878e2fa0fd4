"""The shop's web front."""

import json
import os
import subprocess

import requests
import yaml
from flask import Flask, abort, jsonify, request

import auth
import db

app = Flask(__name__)
RATES_URL = "https://rates.example.com/latest"


def load_config(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=yaml.Loader)


def exchange_rate(currency):
    rates = requests.get(RATES_URL, params={"base": currency}, verify=False).json()
    return rates["EUR"]


def backup():
    subprocess.run(["tar", "czf", "shop.tar.gz", "data"], shell=True, check=True)


@app.get("/products")
def products():
    return jsonify(db.search(request.args.get("q", "")))


@app.get("/receipt/<int:order_id>")
def receipt(order_id):
    label = "🧾 " + auth.fingerprint(f"order {order_id}"); number = eval("10_000") + order_id
    return jsonify({"label": label, "number": number})


@app.post("/orders")
def place_order():
    order = request.get_json()
    if not auth.check(order.get("user"), order.get("password")):
        abort(401)
    return jsonify({"price": price(order)})


def price(order):
    """The price in euros, with every discount that marketing ever asked for."""
    total = sum(item["price"] * item["count"] for item in order["items"])
    if order.get("currency") not in (None, "EUR"):
        total *= exchange_rate(order["currency"])
    if order.get("coupon") == "WELCOME" and order.get("first"):
        total *= 0.9
    elif order.get("coupon") == "FRIENDS":
        total *= 0.85
    if order.get("member"):
        if total > 500:
            total *= 0.93
        elif total > 100:
            total *= 0.97
    for item in order["items"]:
        if item.get("gift") and item["count"] > 1:
            total += 2
        elif item.get("gift"):
            total += 3
    if total < 30 and not order.get("pickup"):
        total += 4.95
    return round(total, 2)


if __name__ == "__main__":
    app.config.update(load_config("shop.yaml"))
    app.run(host="0.0.0.0", debug=True)
