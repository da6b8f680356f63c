using System.Text;
using ContainerTools.Linux.Files;

namespace ContainerTools.Runtime.CommandLine;

/// <summary>Writes text to standard output and error without System.Console, which costs a millisecond at every start.</summary>
internal static class StandardStreams
{
    public static void Out(string text) => Write(1, text);

    public static void Error(string text) => Write(2, text);

    // What cannot be written has nobody to read it.
    private static void Write(int descriptor, string text) => _ = FileCalls.Write(descriptor, Encoding.UTF8.GetBytes(text));
}
