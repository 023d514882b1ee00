"""What a user hands to a trained network: picture files, arrays, tables and bare numbers, made into samples."""
