using System.Globalization;
using System.Management.Automation.Host;

namespace ContainerTools.Host.Consoles;

/// <summary>Sizes and keys of the terminal; fixed, generous sizes where there is none, so that tables in files are not cut short.</summary>
internal sealed class ConsoleRawUserInterface : PSHostRawUserInterface
{
    private const int DefaultWidth = 120;
    private const int DefaultHeight = 50;

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override Coordinates CursorPosition { get; set; }

    public override Coordinates WindowPosition { get; set; }

    public override int CursorSize { get; set; } = 25;

    public override Size BufferSize { get => WindowSize; set { } }

    public override Size WindowSize { get => Measure(); set { } }

    public override Size MaxPhysicalWindowSize => WindowSize;

    public override Size MaxWindowSize => WindowSize;

    public override string WindowTitle { get; set; } = "";

    public override bool KeyAvailable => !Console.IsInputRedirected && Console.KeyAvailable;

    public override void FlushInputBuffer()
    {
        while (KeyAvailable)
            Console.ReadKey(intercept: true);
    }

    public override KeyInfo ReadKey(ReadKeyOptions options)
    {
        var key = Console.ReadKey(options.HasFlag(ReadKeyOptions.NoEcho));
        return new KeyInfo((int)key.Key, key.KeyChar, default, keyDown: true);
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw Unsupported();

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) => throw Unsupported();

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw Unsupported();

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill)
    {
        // The one use that scripts make of this is Clear-Host, which fills the whole screen.
        if (!Console.IsOutputRedirected)
            Console.Clear();
    }

    private static Size Measure()
    {
        if (!Console.IsOutputRedirected && Console.WindowWidth > 0)
            return new Size(Console.WindowWidth, Math.Max(1, Console.WindowHeight));
        var columns = int.TryParse(Environment.GetEnvironmentVariable("COLUMNS"), NumberStyles.None, CultureInfo.InvariantCulture, out var set) && set > 1
            ? set : DefaultWidth;
        return new Size(columns, DefaultHeight);
    }

    private static NotSupportedException Unsupported() => new("The screen's contents cannot be read or moved in this host.");
}
