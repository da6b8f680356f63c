using System.Text;
using ContainerTools.Linux.Files;
using ContainerTools.Linux.Processes;

namespace ContainerTools.Runtime.CommandLine;

/// <summary>Writes text to standard output and error without System.Console, which costs a millisecond at every start.</summary>
internal static class StandardStreams
{
    /// <summary>Opens /dev/null for those of 0 to 2 that whoever started this process has closed: what is opened next would get their numbers, and with them become a container's.</summary>
    public static void Occupy()
    {
        const int GetFlags = 1, ReadWrite = 2;
        for (var descriptor = 0; descriptor <= 2; descriptor++)
        {
            // The lowest free number is the one that is given.
            if (NativeMethods.Fcntl(descriptor, GetFlags, 0) < 0)
                _ = FileCalls.OpenAt(FileCalls.WorkingDirectory, "/dev/null\0"u8, ReadWrite);
        }
    }

    public static void Out(string text) => Write(1, text);

    public static void Error(string text) => Write(2, text);

    // What cannot be written has nobody to read it.
    private static void Write(int descriptor, string text) => _ = FileCalls.Write(descriptor, Encoding.UTF8.GetBytes(text));
}
