using System.Management.Automation;
using ContainerTools.Cmdlets;

namespace ContainerTools.Binding;

/// <summary>Takes a size as a number of bytes (PowerShell's 512MB is one) or as text, <c>512m</c>. Units are powers of 1024.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class ByteSizeTransformationAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        var value = ArgumentText.Of(inputData);
        return value is null ? null! : Read(value) ?? throw new ArgumentTransformationMetadataException($"'{value}' is no size. Give a number of bytes, or one with a unit: 512MB, 512m, 1.5g.");
    }

    private static long? Read(object value)
    {
        if (value is string text)
            return ByteSize.TryParse(text, out var bytes) ? bytes : null;
        try
        {
            return ArgumentText.IsNumber(value) ? LanguagePrimitives.ConvertTo<long>(value) : null;
        }
        catch (PSInvalidCastException)
        {
            // Beyond 8 EB, or not a number.
            return null;
        }
    }
}
