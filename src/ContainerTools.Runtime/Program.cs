return Tmds.Linux.LibC.getpid() > 0 ? 0 : 1;
