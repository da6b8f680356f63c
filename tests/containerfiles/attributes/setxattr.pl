#!/usr/bin/perl
# setxattr PATH NAME HEX
my ($path, $name, $hex) = @ARGV;
my $value = pack('H*', $hex);
syscall(188, $path, $name, $value, length($value), 0) == 0 or die "$path $name: $!\n";
