using System.Management.Automation;

namespace ContainerTools.Binding;

/// <summary>
/// What the user has typed. PowerShell reads <c>7d</c> as the decimal 7 and <c>5s</c> as the short 5, but keeps the text of such a number beside it where it stands as an argument of its own, for parameters
/// that take text.
/// </summary>
internal static class ArgumentText
{
    /// <summary>The argument as its text where that says more than its value, and else its value.</summary>
    /// <param name="argument">What the binder gives, wrapped or not.</param>
    public static object? Of(object? argument)
    {
        if (argument is not PSObject wrapped)
            return argument;
        // What has no unit (0x10, 1e3) only PowerShell can read.
        return IsNumber(wrapped.BaseObject) && LanguagePrimitives.ConvertTo<string>(wrapped) is { Length: > 0 } text && char.IsAsciiLetter(text[^1]) && !text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? text : wrapped.BaseObject;
    }

    /// <summary>
    /// The argument, as text if it is a number: the beginning of an id may look like one (12, 7d, 1e5). Only an argument of its own is as it was typed; in a list a number's text is lost, and another id might begin
    /// with what is left of it.
    /// </summary>
    /// <param name="argument">What the binder gives, wrapped or not.</param>
    public static object? OfName(object? argument) =>
        argument is PSObject { BaseObject: var value } ? (IsNumber(value) ? LanguagePrimitives.ConvertTo<string>(argument) : argument)
        : argument is int or long ? LanguagePrimitives.ConvertTo<string>(argument) : argument;

    /// <summary>Whether a value is of one of PowerShell's types of numbers.</summary>
    public static bool IsNumber(object? value) => value is System.Numerics.BigInteger || (value is not Enum && Type.GetTypeCode(value?.GetType()) is >= TypeCode.SByte and <= TypeCode.Decimal);
}
