"""May this order go ahead, on this contract and this customer's credit?"""
