"""What customers, contracts, orders, charges, invoices and credits are to billing, and how they change. Pure values."""
