print("mobilecam")
