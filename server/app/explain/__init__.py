"""Why a finding is there, or is not, and why its rule matters."""
